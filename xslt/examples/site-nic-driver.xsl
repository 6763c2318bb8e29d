<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	A site stylesheet: virtual functions of one vendor's network cards are given with the
	variant of vfio-pci that can migrate them, where libvirt knows how to say it. A driver
	that an element or a binding names stays.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<!-- Mellanox ConnectX: vendor 15b3. The model is new in libvirt 10.0. -->
	<xsl:template mode="vc:child"
		match="p:plan[@libvirt &gt;= 10000000]
			/p:device[@kind = 'pci' or @kind = 'network'][p:attribute[
			@name = 'virt-claim.io/vendorID' and @value = '15b3']]
			/p:driver[not(@model)]">
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:value-of select="$space"/>
		<driver name="vfio" model="mlx5_vfio_pci">
			<xsl:copy-of select="$old/@*"/>
			<xsl:copy-of select="@*"/>
		</driver>
	</xsl:template>
</xsl:stylesheet>
